/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copyup: tmpcopyup, what lies in a directory copied into the tmpfs that will cover it.
 */
#ifndef HOY_INIT_COPYUP_H
#define HOY_INIT_COPYUP_H

/* Copies everything below the directory `from` (an O_PATH descriptor will do) into the directory
 * `to`: files, directories, links, nodes, with owner, mode, times and extended attributes; then
 * owner and mode of the directory itself. Does not follow links or cross mounts. 0 or negative
 * errno (-ELOOP: more than 64 levels). */
int copyup(int from, int to);

#endif
