/* SPDX-License-Identifier: Apache-2.0 */
#include "image/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"

#define REDRAW_MS    100
#define BAR_MAX	     40
#define DIGEST_SHOWN 19 /* "sha256:" and twelve digits */
#define MIB	     (1024.0 * 1024.0)

struct progress {
	pthread_mutex_t lock;
	const char *name;
	bool quiet, terminal, drawn;
	uint64_t bytes, total;
	size_t layers, done;
	int64_t drawn_at;
};

struct progress *progress_new(const char *name, bool quiet)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	pthread_mutex_init(&p->lock, NULL);
	p->name = name;
	p->quiet = quiet;
	p->terminal = isatty(STDERR_FILENO);
	return p;
}

static unsigned columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

static void bar_draw(struct progress *p)
{
	unsigned width = columns(),
		 bar = width > 60 + BAR_MAX ? BAR_MAX
		       : width > 70	    ? width - 60
					    : 0,
		 full, i;
	char text[BAR_MAX + 1];

	full = p->total ? (unsigned)((double)bar * (double)p->bytes / (double)p->total) : bar;
	for (i = 0; i < bar; i++)
		text[i] = i < full ? '=' : i == full ? '>' : ' ';
	text[bar] = 0;
	fprintf(stderr, "\r\033[K%s%s%s%.1f/%.1f MiB, %zu/%zu layers", bar ? "[" : "", text,
		bar ? "] " : "", (double)p->bytes / MIB, (double)p->total / MIB, p->done,
		p->layers);
	p->drawn = true;
	p->drawn_at = now_ms();
}

void progress_layers(struct progress *p, const struct image_descriptors *layers)
{
	size_t i;

	p->layers = layers->n;
	for (i = 0; i < layers->n; i++)
		p->total += layers->v[i].size;
	if (!p->quiet && !p->terminal)
		fprintf(stderr, "Pulling %s: %zu layer%s, %.1f MiB\n", p->name, p->layers,
			p->layers == 1 ? "" : "s", (double)p->total / MIB);
}

void progress_bytes(struct progress *p, const struct image_descriptor *layer, uint64_t bytes,
		    bool done)
{
	if (p->quiet)
		return;
	pthread_mutex_lock(&p->lock);
	p->bytes += bytes;
	p->done += done;
	if (p->terminal && (done || now_ms() - p->drawn_at >= REDRAW_MS))
		bar_draw(p);
	else if (!p->terminal && done)
		fprintf(stderr, "%.*s: done (%zu of %zu)\n", DIGEST_SHOWN, layer->digest, p->done,
			p->layers);
	pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	if (p->drawn)
		fprintf(stderr, "\r\033[K");
	pthread_mutex_destroy(&p->lock);
	free(p);
}
