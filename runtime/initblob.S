/* SPDX-License-Identifier: Apache-2.0 */
/* The walker's executable, from the build directory; initblob.h declares the two symbols. */

	.section .rodata
	.balign 64
	.global hoy_init_blob
	.hidden hoy_init_blob
	.type hoy_init_blob, %object
hoy_init_blob:
	.incbin "hoy-init"
	.size hoy_init_blob, . - hoy_init_blob

	.global hoy_init_blob_end
	.hidden hoy_init_blob_end
	.type hoy_init_blob_end, %object
hoy_init_blob_end:
	.byte 0
	.size hoy_init_blob_end, 1

	.section .note.GNU-stack, "", %progbits
