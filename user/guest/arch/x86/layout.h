/*
 * Numbers that start.S and C share.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define TRAMPOLINE 0x8000

#define CODE64 0x08
#define CODE32 0x10
#define DATA   0x18

#endif
