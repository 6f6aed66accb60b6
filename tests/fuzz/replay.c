/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: a fuzz target without the fuzzer, over its corpus: corpus/NAME.txt for the program fuzz_NAME, one
 * input a line, in base64. So every input that has once found something is looked at by each `make check`.
 * Prints the line that a crash comes from.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

#define PREFIX "fuzz_"
#define WIDE   6 /* bits of a character */

/* Decodes in place; whatever isn't of the alphabet ends it. Returns how many bytes there are. */
static size_t decode(char *line)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t *out = (uint8_t *)line;
	unsigned bits = 0, n = 0;
	const char *at;
	size_t done = 0;

	for (; *line && (at = strchr(alphabet, *line)); line++) {
		bits = bits << WIDE | (unsigned)(at - alphabet);
		n += WIDE;
		if (n < 8)
			continue;
		n -= 8;
		out[done++] = (uint8_t)(bits >> n);
	}
	return done;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = strstr(argv[0], PREFIX);
	char path[4096], *line = NULL;
	size_t room = 0, size;
	unsigned n = 0;
	uint8_t *data;
	FILE *f;

	if (!name)
		return 2;
	while (strstr(name + 1, PREFIX))
		name = strstr(name + 1, PREFIX);
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s.txt", top ? top : ".",
		 name + strlen(PREFIX));
	f = fopen(path, "re");
	if (!f) {
		perror(path);
		return 1;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	while (getline(&line, &room, f) > 0) {
		size = decode(line);
		/* Of exactly its size, so that a byte too far is noticed. */
		data = malloc(size ? size : 1);
		if (!data)
			return 1;
		memcpy(data, line, size);
		printf("%s:%u\n", path, ++n);
		fflush(stdout);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	free(line);
	fclose(f);
	return n ? 0 : 1;
}
