/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: the last stretch: working directory, HOME, hooks inside the container, and execve.
 */
#ifndef HOY_INIT_EXEC_H
#define HOY_INIT_EXEC_H

#include "init/walk.h"

int op_make_cwd(struct walker *w, const struct plan_op *op);
int op_cwd(struct walker *w, const struct plan_op *op);
int op_home(struct walker *w, const struct plan_op *op);
int op_lookup(struct walker *w, const struct plan_op *op);
int op_hook(struct walker *w, const struct plan_op *op);
int op_close_fds(struct walker *w, const struct plan_op *op);
int op_exec(struct walker *w, const struct plan_op *op);

/* Once more to the working directory, as the container's user. */
int cwd_retry(struct walker *w);

/* Finds the home directory of uid in the text of a passwd file that is read from fd: bounded in
 * lines and bytes. 1 and buf filled, 0 when there is no such user, or negative errno. */
int passwd_home(int fd, unsigned uid, char *buf, size_t size);

#endif
