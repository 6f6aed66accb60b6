/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-unpack: what hoy-image has done in a box (box.h): a layer unpacked, an archive taken apart. A program
 * of its own, because it is executed for each layer: hoy-image's libraries for registries would take it ten
 * milliseconds to load each time, and have no business near hostile bytes.
 */
#include <stdio.h>

#include "base/text.h"
#include "image/archive_reader.h"
#include "image/layer_unpack.h"

int main(int argc, char **argv)
{
	if (argc >= 2 && streq(argv[1], LAYER_UNPACK_MODE))
		return layer_unpack_main(argc == 3 ? argv[2] : NULL);
	if (argc == 2 && streq(argv[1], ARCHIVE_READER_MODE))
		archive_reader_main();
	fprintf(stderr, "hoy-unpack: this is a part of hoy, which executes it when it is needed\n");
	return 2;
}
