/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data: the directories below DATA (/var/lib/hoy) that engine/ keeps: all are 0700.
 */
#ifndef HOY_BASE_DATA_H
#define HOY_BASE_DATA_H

#include <stdbool.h>

/* A directory below at. make: where it is not there. Descriptor or negative errno. */
int data_dir_open(int at, const char *name, bool make);
/* DATA/NAME, a directory; make: with DATA and all above it. Descriptor or negative errno. */
int data_open(const char *data, const char *name, bool make);

#endif
