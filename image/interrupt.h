/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt: SIGINT and SIGTERM end hoy-image in order: what is under way fails at the next piece
 * of data, and what it has made is taken back. For hoy-image alone.
 */
#ifndef HOY_IMAGE_INTERRUPT_H
#define HOY_IMAGE_INTERRUPT_H

#include "base/error.h"

/* Also when hoy itself ends, which waits for this process. */
void interrupt_catch(void);
/* 0, or -EINTR with words. */
int interrupt_check(struct error *err);

#endif
