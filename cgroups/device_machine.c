/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interpreter of exactly those instructions that device_filter.c makes, so that its programs can
 * be tested without the kernel. It has no loops to fear: a jump backwards is refused.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>

#include "cgroups/device_filter.h"

struct machine {
	uint32_t reg[6];
	const uint32_t *context; /* access_type, major, minor */
};

/* One instruction but exit. What it adds to the program counter besides one, or -EINVAL. */
static int machine_step(struct machine *m, const struct bpf_insn *i)
{
	uint32_t *dst, imm = (uint32_t)i->imm;
	bool jump = false;

	if (i->dst_reg >= 6 || i->src_reg >= 6)
		return -EINVAL;
	dst = &m->reg[i->dst_reg];
	switch (i->code) {
	case BPF_LDX | BPF_MEM | BPF_W:
		if (i->src_reg != BPF_REG_1 || i->off < 0 || i->off > 8 || i->off % 4)
			return -EINVAL;
		*dst = m->context[i->off / 4];
		return 0;
	case BPF_ALU | BPF_MOV | BPF_K:
		*dst = imm;
		return 0;
	case BPF_ALU | BPF_MOV | BPF_X:
		*dst = m->reg[i->src_reg];
		return 0;
	case BPF_ALU | BPF_AND | BPF_K:
		*dst &= imm;
		return 0;
	case BPF_ALU | BPF_RSH | BPF_K:
		*dst >>= imm & 31;
		return 0;
	case BPF_JMP | BPF_JA:
		jump = true;
		break;
	case BPF_JMP32 | BPF_JEQ | BPF_K:
		jump = *dst == imm;
		break;
	case BPF_JMP32 | BPF_JNE | BPF_K:
		jump = *dst != imm;
		break;
	case BPF_JMP32 | BPF_JSET | BPF_K:
		jump = *dst & imm;
		break;
	default:
		return -EINVAL;
	}
	if (i->off < 0)
		return -EINVAL;
	return jump ? i->off : 0;
}

int device_filter_test(const struct device_filter *f, char type, unsigned major, unsigned minor,
		       const char *access)
{
	const struct bpf_insn *insns = f->insns;
	uint32_t context[3] = {type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, major,
			       minor};
	struct machine m = {.context = context};
	unsigned bits = 0;

	for (const char *s = access; *s; s++) {
		if (!strchr("rwm", *s))
			return -EINVAL;
		bits |= *s == 'r'   ? BPF_DEVCG_ACC_READ
			: *s == 'w' ? BPF_DEVCG_ACC_WRITE
				    : BPF_DEVCG_ACC_MKNOD;
	}
	context[0] |= bits << 16;
	for (size_t pc = 0; pc < f->count; pc++) {
		int r;

		if (insns[pc].code == (BPF_JMP | BPF_EXIT))
			return m.reg[BPF_REG_0] ? 1 : 0;
		r = machine_step(&m, &insns[pc]);
		if (r < 0)
			return r;
		pc += (size_t)r;
	}
	return -EINVAL;
}
