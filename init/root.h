/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root: the root file system as a whole: attach, propagation, pivot, masks, read-only.
 */
#ifndef HOY_INIT_ROOT_H
#define HOY_INIT_ROOT_H

#include "init/walk.h"

int op_propagation(struct walker *w, const struct plan_op *op);
int op_take_tree(struct walker *w, const struct plan_op *op);
int op_root_attach(struct walker *w, const struct plan_op *op);
int op_root_pivot(struct walker *w, const struct plan_op *op);
int op_root_propagation(struct walker *w, const struct plan_op *op);
int op_mask(struct walker *w, const struct plan_op *op);
int op_readonly(struct walker *w, const struct plan_op *op);
int op_root_readonly(struct walker *w, const struct plan_op *op);

#endif
