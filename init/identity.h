/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: what the process is and may do: namespaces joined, session, limits, ids, capabilities.
 */
#ifndef HOY_INIT_IDENTITY_H
#define HOY_INIT_IDENTITY_H

#include "init/walk.h"

int op_join(struct walker *w, const struct plan_op *op);
int op_become_root(struct walker *w, const struct plan_op *op);
int op_oom_score(struct walker *w, const struct plan_op *op);
int op_setsid(struct walker *w, const struct plan_op *op);
int op_keyring(struct walker *w, const struct plan_op *op);
int op_rlimit(struct walker *w, const struct plan_op *op);
int op_personality(struct walker *w, const struct plan_op *op);
int op_umask(struct walker *w, const struct plan_op *op);
int op_cap_bounding(struct walker *w, const struct plan_op *op);
int op_seccomp(struct walker *w, const struct plan_op *op);
int op_user(struct walker *w, const struct plan_op *op);
int op_caps(struct walker *w, const struct plan_op *op);
int op_no_new_privs(struct walker *w, const struct plan_op *op);

#endif
