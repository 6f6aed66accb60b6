/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks: programs at points of the container's life (config.md, POSIX-platform Hooks). They are
 * operations of the plan: the walker runs createContainer and startContainer, the parent the
 * others; poststop by the parent of `delete`.
 */
#ifndef HOY_RUNTIME_HOOKS_H
#define HOY_RUNTIME_HOOKS_H

#include "runtime/compile.h"

/* Adds the hooks of one kind in listed order, with the state that they get on standard input. */
void hooks_compile(struct compile *c, const struct hook_list *list, const char *kind);

/* Runs one hook operation of the parent; pid: what the state on its standard input says (0 for
 * poststop). The error has field, step and what it wrote. 0 or negative errno. */
int hook_run(const void *plan, const struct plan_op *op, int pid, struct error *err);
/* Runs all hooks of a kind in listed order up to the first that fails; with `warn` all of them, a
 * failure being a warning (poststop). */
int hooks_run(const void *plan, const char *kind, int pid, struct warnings *warn,
	      struct error *err);

#endif
