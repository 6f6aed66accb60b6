/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar_copy: transfer.h with a tar file in the place of the host: one that goes to standard output, or
 * comes from standard input, compressed or not. Between the two lies a directory in the data
 * directory's staging/; if hoy is killed, `hoy prune` removes that.
 */
#ifndef HOY_ENGINE_TAR_COPY_H
#define HOY_ENGINE_TAR_COPY_H

#include "engine/transfer.h"

/* A container's file or directory; the tar file has its last name. 0 or -errno with err. */
int tar_copy_out(const struct runtime *rt, const struct transfer_end *from, bool follow,
		 struct error *err);
/* To a directory of a container, which is there. Owners and modes are the tar file's. 0 or -errno with
 * err. */
int tar_copy_in(const struct runtime *rt, const struct transfer_end *to, struct error *err);

#endif
