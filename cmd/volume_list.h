/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_list: the verbs that look at volumes, and the words of --filter, which prune takes too.
 */
#ifndef HOY_CMD_VOLUME_LIST_H
#define HOY_CMD_VOLUME_LIST_H

#include "cmd/verb.h"
#include "engine/volumes.h"

extern const struct verb verb_volume_ls, verb_volume_inspect;

/* Whether all words are among those that are known: names, of which the last is followed by NULL, each
 * with its "=". 0 or -EINVAL with err. */
int volume_filters_check(const struct option_list *filters, const char *const *known,
			 struct error *err);
/* Whether the volume is among those that all of them mean. 1, 0 or negative errno with err. */
int volume_filters_match(const char *data, const char *name, const struct volume_record *record,
			 const struct option_list *filters, struct arena *a, struct error *err);

#endif
