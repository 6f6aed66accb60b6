/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initblob: the walker's executable, hoy-init, as bytes inside hoy. The build puts them there
 * (initblob.S), so that hoy is one file and its walker always the one that it was built with.
 *
 * Calling sequence: write initblob_size() bytes from hoy_init_blob into a memfd and execute that.
 */
#ifndef HOY_RUNTIME_INITBLOB_H
#define HOY_RUNTIME_INITBLOB_H

#include <stddef.h>

extern const unsigned char hoy_init_blob[] __attribute__((visibility("hidden")));
extern const unsigned char hoy_init_blob_end[] __attribute__((visibility("hidden")));

static inline size_t initblob_size(void)
{
	return (size_t)(hoy_init_blob_end - hoy_init_blob);
}

#endif
