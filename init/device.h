/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device: device nodes and the links in /dev (config-linux.md, Devices and Default Devices).
 */
#ifndef HOY_INIT_DEVICE_H
#define HOY_INIT_DEVICE_H

#include "init/walk.h"

int op_dev_stage(struct walker *w, const struct plan_op *op);
int op_device_node(struct walker *w, const struct plan_op *op);
int op_device_bind(struct walker *w, const struct plan_op *op);
int op_dev_unstage(struct walker *w, const struct plan_op *op);
int op_dev_link(struct walker *w, const struct plan_op *op);

#endif
