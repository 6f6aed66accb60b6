/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_copy: files and trees with everything that a layer can have: owners, modes, extended
 * attributes, times, holes, hard links, devices. Both sides may be a container's, and hostile, and
 * change meanwhile: what is read and what is written is gone to by directory descriptors and single
 * names (image/tree_walk.h), no link is followed, nothing is opened but directories and ordinary
 * files, and attributes are set by the descriptor of what was made.
 */
#ifndef HOY_ENGINE_TREE_COPY_H
#define HOY_ENGINE_TREE_COPY_H

#include "base/attributes.h"
#include "base/error.h"
#include "base/warn.h"

struct tree_copy_policy {
	struct attributes_policy attributes; /* without `archive` devices are left out */
	bool merge; /* things may be there: directories stay, all else gives way; but a directory
		       never to something else, nor the other way round */
	struct warnings *warn; /* what is left out; may be NULL */
};

/* from: a directory, perhaps of a detached mount; to: an empty one, which gets everything. The two
 * directories themselves are the caller's business. 0 or -errno with err. */
int tree_copy(int from, int to, struct error *err);
/* The same by a policy. */
int tree_copy_by(int from, int to, const struct tree_copy_policy *p, struct error *err);
/* One file, which may be a directory with all that is in it, to a name in a directory. from: its
 * descriptor, O_PATH will do. */
int tree_copy_entry(int from, int to, const char *as, const struct tree_copy_policy *p,
		    struct error *err);

#endif
