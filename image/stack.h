/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack: the unpacked layers of an image in their order, in stacks/HEX under the digest of its
 * configuration. Where there is one, every layer that it names is there: it is written last.
 */
#ifndef HOY_IMAGE_STACK_H
#define HOY_IMAGE_STACK_H

#include "image/store.h"

struct stack {
	struct strings layers; /* names in layers/, the lowest first */
	/* One more than the index of the layer that says what the root directory is like; 0: none
	 * does. */
	uint32_t root;
	/* Unpacked in a user namespace: what is opaque says so in user.overlay.*, and overlayfs has to be
	 * mounted with "userxattr". */
	bool user_xattrs;
};

/* config: the digest of the image's configuration. 0; -ENOENT without words: it is not unpacked; or
 * -errno with err. */
int stack_read(const struct store *s, const struct digest *config, struct arena *a,
	       struct stack *ret, struct error *err);
int stack_write(const struct store *s, const struct digest *config, const struct stack *stack,
		struct error *err);

#endif
