/*
 * Taking rights and pages away from user addresses.  For the files of mm/ only.
 *
 * Each function works in windows of at most 2 MiB: tell the listeners, change the entries, flush the CPUs, tell the
 * listeners again, and only then put the pages (aspace.h, I4).
 *
 * Locking: the address space's lock is held for writing.
 */
#ifndef KERNEL_MM_CHANGE_H
#define KERNEL_MM_CHANGE_H

#include "mm/aspace.h"

/* Split 2 MiB leaves at the edges of the range, so that each leaf is inside or outside.  0 or -ENOMEM. */
int change_split_edges(struct aspace *as, struct hva_range range);

/* Unmap all pages of the range, whose edges are split; tables that become empty go too. */
void change_zap(struct aspace *as, struct hva_range range, enum notify_why why);

/* Give the leaves of the range, whose edges are split, the rights `prot` as far as copy-on-write allows. */
void change_protect(struct aspace *as, struct hva_range range, u32 prot);

/* Take PROT_WRITE from all leaves of the range and mark them copy-on-write; their pages get shared. */
void change_make_cow(struct aspace *as, struct hva_range range);

/* Give each private page of the range another physical page.  0 or -ENOMEM; what is moved stays moved. */
int change_move(struct aspace *as, struct hva_range range);

/* Flush [start, end) on all CPUs that have the root loaded.  The entries are changed already. */
void change_flush(struct aspace *as, struct hva_range range);

#endif
