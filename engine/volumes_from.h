/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volumes_from: --volumes-from CONTAINER[:OPTION,…]: what another container has of volumes and of the
 * host's files, at the same paths. ro and rw say how; without a word it is as there.
 */
#ifndef HOY_ENGINE_VOLUMES_FROM_H
#define HOY_ENGINE_VOLUMES_FROM_H

#include "base/list.h"
#include "engine/volume.h"
#include "runtime/container.h"

/* One container after the other: of two that have the same path the later counts. What *ret points to
 * belongs to the arena. 0 or negative errno with err. */
int volumes_from_read(const struct runtime *rt, const struct option_list *list, struct arena *a,
		      struct volumes_asked *ret, struct error *err);

#endif
