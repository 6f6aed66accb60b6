/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net: kernel state of the new namespaces: loopback, host name, sysctl.
 */
#ifndef HOY_INIT_NET_H
#define HOY_INIT_NET_H

#include "init/walk.h"

int op_loopback(struct walker *w, const struct plan_op *op);
int op_sysctl(struct walker *w, const struct plan_op *op);
int op_hostname(struct walker *w, const struct plan_op *op);
int op_domainname(struct walker *w, const struct plan_op *op);

/* Opens a file of procfs for writing through the trusted descriptor, never across a mount or a
 * magic link (security.md, R3). Descriptor or negative errno. */
int proc_open(struct walker *w, const char *path);
/* Opens such a file and writes the text with one write(2). 0 or negative errno. */
int proc_write(struct walker *w, const char *path, const char *value);

#endif
