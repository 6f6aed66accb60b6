/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile_exec: the plan of `exec`, from the plan that the container was made by: the namespaces to
 * join, and its process as the default for the new one. No config.json is parsed.
 */
#ifndef HOY_RUNTIME_COMPILE_EXEC_H
#define HOY_RUNTIME_COMPILE_EXEC_H

#include "base/arena.h"
#include "base/error.h"
#include "base/warn.h"
#include "plan/builder.h"
#include "runtime/container.h"
#include "spec/config.h"

struct exec_env {
	const struct exec_options *opt;
	const struct process *given; /* of --process; NULL: the container's with opt's changes */
	uint64_t caps_available;
	unsigned console_width, console_height; /* of the caller's terminal; 0 unknown */
	struct warnings *warn;
	struct arena *arena;
};

/* base: the container's plan. *join: CLONE_NEW* of its new namespaces. 0 or negative errno. */
int compile_exec(const struct exec_env *env, const void *base, struct plan *ret, uint64_t *join,
		 struct error *err);

#endif
