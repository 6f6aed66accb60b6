/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_image: what `run` and `plan` share: the same options, and the question whether they speak of
 * a bundle or of an image or directory.
 *
 * A verb's struct begins with a struct run_command, and its tables are RUN_TABLES and its own
 * behind them.
 */
#ifndef HOY_CMD_RUN_IMAGE_H
#define HOY_CMD_RUN_IMAGE_H

#include "cmd/verb.h"
#include "engine/run_options.h"

struct run_command {
	struct create_options create; /* first: the tables of bundles fill it */
	struct run_options image;
	bool detach;
	bool no_subreaper; /* nothing to do: see the help */
};

_Static_assert(offsetof(struct run_command, create) == 0, "shared tables count from the start");

/* run_table.c: by what they are about. */
extern const struct option_spec run_container_table[], run_process_table[], run_mount_table[],
	run_network_table[], run_limit_table[], run_security_table[], run_store_table[],
	run_life_table[];

/* run.c: of bundles. */
extern const struct option_spec run_bundle_heading[], run_bundle_table[], run_both_table[];

/* In this order: those for bundles, for both, for images. */
#define RUN_TABLES                                                                       \
	run_both_table, run_container_table, run_process_table, run_mount_table,         \
		run_network_table, run_limit_table, run_security_table, run_store_table, \
		run_life_table, run_bundle_heading, bundle_options, run_bundle_table,    \
		create_table

/* Whether the options seen so far speak of a bundle: the verb's `ends`, negated. */
bool run_is_bundle(const struct run_command *run);
/* Whether options of the one kind stand beside the other. bundle: which kind it is. 0 or -EINVAL.
 */
int run_kind_check(const struct call *c, bool bundle, struct error *err);
/* The positional arguments of an image into *ret, a copy of run->image, and its checks. 0 or
 * -EINVAL. */
int run_image_read(const struct call *c, struct run_options *ret, struct error *err);

#endif
