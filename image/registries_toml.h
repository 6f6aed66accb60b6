/* SPDX-License-Identifier: Apache-2.0 */
/* registries_toml: registries.conf as text → structs. Between registries_conf.c and the C++ that
 * reads it. */
#ifndef HOY_IMAGE_REGISTRIES_TOML_H
#define HOY_IMAGE_REGISTRIES_TOML_H

#ifdef __cplusplus
extern "C" {
#endif

#include "image/registries_conf.h"

/* As registries_conf_add(). */
int registries_toml_add(struct registries_conf *conf, const char *text, size_t len, struct arena *a,
			struct error *err);

#ifdef __cplusplus
}
#endif

#endif
