/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/run_image.h"

#include <errno.h>

#include "engine/configure.h"
#include "engine/network.h"
#include "engine/publish.h"

/* Those of bundles begin here; the first is for both. */
static bool is_of_bundle(const struct option_spec *table)
{
	return table == bundle_options || table == run_bundle_table || table == create_table;
}

static bool is_of_image(const struct option_spec *table)
{
	return table == run_container_table || table == run_process_table ||
	       table == run_mount_table || table == run_network_table || table == run_limit_table ||
	       table == run_security_table || table == run_store_table ||
	       table == run_life_table;
}

bool run_is_bundle(const struct run_command *run)
{
	return run->create.bundle != NULL;
}

int run_kind_check(const struct call *c, bool bundle, struct error *err)
{
	size_t i;

	for (i = 0; c->verb->tables[i]; i++) {
		const struct option_spec *table = c->verb->tables[i];

		if (!c->seen[i] || !(bundle ? is_of_image(table) : is_of_bundle(table)))
			continue;
		if (bundle)
			return error_say(err, EINVAL,
					 "--%s: is for images and --rootfs; of a bundle its "
					 "config.json says that",
					 c->seen[i]->name);
		return error_say(err, EINVAL, "--%s: is for bundles (-b BUNDLE)", c->seen[i]->name);
	}
	return 0;
}

static bool store_options_seen(const struct call *c, const char **name)
{
	size_t i;

	for (i = 0; c->verb->tables[i]; i++)
		if (c->verb->tables[i] == run_store_table && c->seen[i]) {
			*name = c->seen[i]->name;
			return true;
		}
	return false;
}

int run_image_read(const struct call *c, struct run_options *ret, struct error *err)
{
	static const char *const bridge[] = {"bridge", NULL};
	const struct run_command *run = c->opt;
	const char *name;
	size_t taken = 0;

	*ret = run->image;
	ret->detach = run->detach;
	/* Where nothing else is said, ports are those of the default network. */
	if (!ret->networks.n && publish_asked(ret))
		ret->networks = (struct option_list){bridge, 1};
	ret->network = network_kind(ret);
	if (!ret->rootfs) {
		if (!c->args_n) {
			options_hint(c->verb->name, err);
			return error_say(err, EINVAL,
					 "an image, --rootfs DIR or -b BUNDLE is needed");
		}
		ret->image = c->args[taken++];
	} else if (store_options_seen(c, &name)) {
		return error_say(err, EINVAL, "--%s: is for images, and --rootfs names a directory",
				 name);
	}
	ret->command = c->args + taken;
	ret->command_n = c->args_n - taken;
	return run_options_check(ret, err);
}
