/*
 * What birth (proc.c) and death (exit.c) share.
 */
#ifndef KERNEL_PROC_LIFE_H
#define KERNEL_PROC_LIFE_H

#include "proc.h"

/* All processes, kernel_proc included; proc_lock. */
extern struct list all_procs;

/* Process 1; NULL before it exists. */
extern struct proc *init_proc;

/* Forget an ended thread, which the caller then frees with thread_free(). */
void proc_remove_thread_locked(struct thread *t);

/* Free the threads of p, which all have ended, but `except`.  Nobody else changes the list of threads. */
void proc_free_threads(struct proc *p, const struct thread *except);

/* Free a zombie that is off all lists, with its ended threads. */
void proc_free(struct proc *p);

#endif
