/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/name.h"

#include <stdint.h>
#include <stdlib.h>

static const char *const how[] = {
	"able",	    "afloat",  "ahoy",	 "amber",    "blue",   "bold",	   "brave",  "breezy",
	"bright",   "brisk",   "calm",	 "coastal",  "deep",   "dry",	   "fair",   "fleet",
	"foamy",    "free",    "fresh",	 "gusty",    "hardy",  "hearty",   "jolly",  "keen",
	"laden",    "leeward", "lively", "lofty",    "lucky",  "merry",	   "mighty", "misty",
	"moored",   "neat",    "nimble", "northern", "polar",  "proud",	   "quick",  "quiet",
	"ready",    "roving",  "rugged", "sailing",  "salty",  "seaborne", "sharp",  "silver",
	"southern", "spry",    "steady", "stormy",   "stout",  "sunny",	   "swift",  "tarry",
	"tidal",    "tidy",    "trim",	 "trusty",   "upwind", "wavy",	   "windy",  "yare",
};
static const char *const what[] = {
	"albatross", "anchor",	"barge",  "barque",  "beacon",	"boom",	    "bosun",   "bow",
	"bowsprit",  "brig",	"buoy",	  "cabin",   "capstan", "cargo",    "chart",   "clipper",
	"cog",	     "compass", "cutter", "deck",    "dinghy",	"dock",	    "dolphin", "ferry",
	"fjord",     "galley",	"gull",	  "halyard", "harbour", "hatch",    "hawser",  "helm",
	"hull",	     "jib",	"keel",	  "ketch",   "lagoon",	"lantern",  "lighter", "log",
	"lugger",    "mast",	"mate",	  "mooring", "oar",	"petrel",   "pilot",   "pinnace",
	"porthole",  "quay",	"reef",	  "rigging", "rudder",	"schooner", "sextant", "sloop",
	"spar",	     "tackle",	"tern",	  "tiller",  "topsail", "wharf",    "winch",   "yawl",
};

_Static_assert(sizeof(how) / sizeof(how[0]) == 64 && sizeof(what) / sizeof(what[0]) == 64,
	       "six bits choose one");

const char *name_invent(const char *id, unsigned tries, struct arena *a)
{
	/* The first 32 bits of the ID, which are random, moved on by a step that is prime to them.
	 */
	char digits[9] = {0};
	uint32_t n;
	unsigned i;

	for (i = 0; i < 8 && id[i]; i++)
		digits[i] = id[i];
	n = (uint32_t)strtoul(digits, NULL, 16) + tries * 2654435761u;
	if (tries < 8)
		return arena_join(a, how[n >> 26], "_", what[n >> 20 & 63], NULL);
	return arena_printf(a, "%s_%s%u", how[n >> 26], what[n >> 20 & 63], n & 0xfffff);
}
