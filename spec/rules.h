/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: what the properties of config.json must be to each other, as far as that can be said
 * without the machine (config.md, config-linux.md; where they are silent, what runc does).
 *
 * The rules also bring the struct into one form, so that nobody below has to know the others:
 * - mounts[].destination is absolute (a relative one is taken from "/", with a warning);
 * - capability sets hold only known names and only what the kernel can grant: effective within
 *   permitted, inheritable within bounding, ambient within both permitted and inheritable; the rest
 *   is left out with a warning, as config.md demands;
 * - linux.devices[].fileMode has no bits of the file's type;
 * - resources.devices[] has NULL for a major or minor of -1 and for the type "a";
 * - resources.cpu has no quota, period or burst of 0 (unset, as runc takes it).
 */
#ifndef HOY_SPEC_RULES_H
#define HOY_SPEC_RULES_H

#include "spec/config.h"

/* All return 0, or -EINVAL with err filled (field and reason). warn may be NULL. */
int rules_apply_config(struct config *c, struct arena *a, struct warnings *warn, struct error *err);

/* prefix: what stands before the properties in the document, "process." in config.json, "" in the
 * file of `exec --process`. */
int rules_apply_process(struct process *p, const char *prefix, struct arena *a,
			struct warnings *warn, struct error *err);

/* The part of rules_apply_config() about `linux`. */
int rules_apply_linux(struct config *c, struct arena *a, struct error *err);

/* prefix: "linux.resources." in config.json, "" in the file of `update`. */
int rules_apply_resources(struct resources *res, const char *prefix, struct error *err);

/* Whether linux.namespaces lists the type, be it a new one or one to join. */
bool config_has_namespace(const struct config *c, const char *type);

#endif
