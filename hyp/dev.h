/*
 * /dev/vm.
 */
#ifndef HYP_DEV_H
#define HYP_DEV_H

/* Once, at boot, on a machine that can run guests; on others the file cannot be opened (-ENXIO). */
void hyp_dev_init(void);

#endif
