/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose: an image of the store's own making: layers and a configuration become documents, the
 * layers are unpacked, and it gets its name. For hoy-image alone.
 */
#ifndef HOY_IMAGE_COMPOSE_H
#define HOY_IMAGE_COMPOSE_H

#include <time.h>

#include "image/image.h"
#include "image/layer_out.h"
#include "image/tool_verbs.h"

struct compose {
	const struct job_context *context;
	const struct store *store;
	struct image_config config;
	struct image_descriptors layers; /* what is below; the lowest first */
};

/* A name that an image can be given; NULL for NULL. In the arena. 0 or -EINVAL with err. */
int compose_name(const char *text, struct arena *a, const char **ret, struct error *err);
/* RFC 3339. SOURCE_DATE_EPOCH of the environment goes before `otherwise`. In the arena. */
const char *compose_time(time_t otherwise, struct arena *a);
/* Puts a layer on top, and says so in the history. created_by: which command made it; message,
 * author, created: may be NULL. */
void compose_layer(struct compose *c, const struct layer *l, const struct image_history *h);
/* Makes the image and prints its ID. name NULL: it gets none. 0 or -errno with err. */
int compose_commit(struct compose *c, const char *name, struct error *err);

#endif
