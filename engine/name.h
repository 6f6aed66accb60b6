/* SPDX-License-Identifier: Apache-2.0 */
/* name: a name for a container whose maker has given it none: two words of seafaring,
 * "salty_anchor". */
#ifndef HOY_ENGINE_NAME_H
#define HOY_ENGINE_NAME_H

#include "base/arena.h"

#define NAME_TRIES 64

/* A name that follows from the ID, another for each try; from the eighth on with a number behind
 * it, as many containers may have taken the short ones. */
const char *name_invent(const char *id, unsigned tries, struct arena *a);

#endif
