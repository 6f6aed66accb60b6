/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of config.json's `linux` object (config-linux.md). */
#include "spec/config.h"
#include "spec/names.h"
#include "spec/tables.h"

#define ID_MAX	    4294967294U
#define MAJOR_MAX   4095    /* twelve bits of the kernel's dev_t */
#define MINOR_MAX   1048575 /* twenty */
#define MODE_MAX    0177777 /* engines leave the file's type in (docker: 8630 is 020666) */
#define NANOSECONDS 999999999

static const struct field namespace_fields[] = {
	FIELD_STRING(struct namespace, type, "type", .flags = FIELD_REQUIRED,
		     .values = namespace_types),
	FIELD_STRING(struct namespace, path, "path", .flags = FIELD_ABSOLUTE),
};
static const struct table namespace_table = TABLE(namespace_fields);

static const struct field time_offset_fields[] = {
	FIELD_I64_PTR(struct time_offset, secs, "secs"),
	FIELD_U32_PTR(struct time_offset, nanosecs, "nanosecs", .max = NANOSECONDS),
};
static const struct table time_offset_table = TABLE(time_offset_fields);

static const struct field time_offsets_fields[] = {
	FIELD_OBJECT_PTR(struct time_offsets, boottime, "boottime", time_offset_table),
	FIELD_OBJECT_PTR(struct time_offsets, monotonic, "monotonic", time_offset_table),
};
static const struct table time_offsets_table = TABLE(time_offsets_fields);

static const char *const device_types[] = {"c", "b", "u", "p", NULL};

static const struct field device_fields[] = {
	FIELD_STRING(struct device, path, "path", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE),
	FIELD_STRING(struct device, type, "type", .flags = FIELD_REQUIRED, .values = device_types),
	FIELD_I64_PTR(struct device, major, "major", .max = MAJOR_MAX),
	FIELD_I64_PTR(struct device, minor, "minor", .max = MINOR_MAX),
	FIELD_U32_PTR(struct device, file_mode, "fileMode", .max = MODE_MAX),
	FIELD_U32_PTR(struct device, uid, "uid", .max = ID_MAX),
	FIELD_U32_PTR(struct device, gid, "gid", .max = ID_MAX),
};
static const struct table device_table = TABLE(device_fields);

static const struct field net_device_fields[] = {
	FIELD_STRING(struct net_device, name, "name"),
};
static const struct table net_device_table = TABLE(net_device_fields);

static const char *const rule_types[] = {"a", "c", "b", NULL};

/* -1 is "any" as well: that is how runc's own library spells it. */
static const struct field device_rule_fields[] = {
	FIELD_BOOL(struct device_rule, allow, "allow", .flags = FIELD_REQUIRED),
	FIELD_STRING(struct device_rule, type, "type", .values = rule_types),
	FIELD_I64_PTR(struct device_rule, major, "major", .min = -1, .max = MAJOR_MAX),
	FIELD_I64_PTR(struct device_rule, minor, "minor", .min = -1, .max = MINOR_MAX),
	FIELD_STRING(struct device_rule, access, "access"),
};
static const struct table device_rule_table = TABLE(device_rule_fields);

static const struct field memory_fields[] = {
	FIELD_I64_PTR(struct memory, limit, "limit", .min = -1, .max = INT64_MAX),
	FIELD_I64_PTR(struct memory, reservation, "reservation", .min = -1, .max = INT64_MAX),
	FIELD_I64_PTR(struct memory, swap, "swap", .min = -1, .max = INT64_MAX),
	FIELD_I64_PTR(struct memory, kernel, "kernel", .min = -1, .max = INT64_MAX),
	FIELD_I64_PTR(struct memory, kernel_tcp, "kernelTCP", .min = -1, .max = INT64_MAX),
	FIELD_U64_PTR(struct memory, swappiness, "swappiness", .max = 100),
	FIELD_BOOL_PTR(struct memory, disable_oom_killer, "disableOOMKiller"),
	FIELD_BOOL_PTR(struct memory, use_hierarchy, "useHierarchy"),
	FIELD_BOOL_PTR(struct memory, check_before_update, "checkBeforeUpdate"),
};
static const struct table memory_table = TABLE(memory_fields);

static const struct field cpu_fields[] = {
	FIELD_U64_PTR(struct cpu, shares, "shares"),
	FIELD_I64_PTR(struct cpu, quota, "quota"),
	FIELD_U64_PTR(struct cpu, burst, "burst"),
	FIELD_U64_PTR(struct cpu, period, "period"),
	FIELD_I64_PTR(struct cpu, realtime_runtime, "realtimeRuntime"),
	FIELD_U64_PTR(struct cpu, realtime_period, "realtimePeriod"),
	FIELD_STRING(struct cpu, cpus, "cpus"),
	FIELD_STRING(struct cpu, mems, "mems"),
	FIELD_I64_PTR(struct cpu, idle, "idle", .max = 1),
};
static const struct table cpu_table = TABLE(cpu_fields);

/* `pids` is an object of one property; the struct has no level for it. */
static const struct field pids_fields[] = {
	{.key = "limit", .kind = KIND_I64_PTR, .min = -1, .max = INT64_MAX},
};
static const struct table pids_table = TABLE(pids_fields);

static const struct field weight_device_fields[] = {
	FIELD_I64(struct weight_device, major, "major", .flags = FIELD_REQUIRED, .max = MAJOR_MAX),
	FIELD_I64(struct weight_device, minor, "minor", .flags = FIELD_REQUIRED, .max = MINOR_MAX),
	FIELD_U16_PTR(struct weight_device, weight, "weight"),
	FIELD_U16_PTR(struct weight_device, leaf_weight, "leafWeight"),
};
static const struct table weight_device_table = TABLE(weight_device_fields);

static const struct field throttle_device_fields[] = {
	FIELD_I64(struct throttle_device, major, "major", .flags = FIELD_REQUIRED,
		  .max = MAJOR_MAX),
	FIELD_I64(struct throttle_device, minor, "minor", .flags = FIELD_REQUIRED,
		  .max = MINOR_MAX),
	FIELD_U64(struct throttle_device, rate, "rate", .flags = FIELD_REQUIRED),
};
static const struct table throttle_device_table = TABLE(throttle_device_fields);

static const struct field block_io_fields[] = {
	FIELD_U16_PTR(struct block_io, weight, "weight"),
	FIELD_U16_PTR(struct block_io, leaf_weight, "leafWeight"),
	FIELD_LIST(struct block_io, weight_device, "weightDevice", weight_device_table),
	FIELD_LIST(struct block_io, read_bps, "throttleReadBpsDevice", throttle_device_table),
	FIELD_LIST(struct block_io, write_bps, "throttleWriteBpsDevice", throttle_device_table),
	FIELD_LIST(struct block_io, read_iops, "throttleReadIOPSDevice", throttle_device_table),
	FIELD_LIST(struct block_io, write_iops, "throttleWriteIOPSDevice", throttle_device_table),
};
static const struct table block_io_table = TABLE(block_io_fields);

static const struct field hugepage_limit_fields[] = {
	FIELD_STRING(struct hugepage_limit, page_size, "pageSize",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_U64(struct hugepage_limit, limit, "limit", .flags = FIELD_REQUIRED),
};
static const struct table hugepage_limit_table = TABLE(hugepage_limit_fields);

static const struct field rdma_limit_fields[] = {
	FIELD_U32_PTR(struct rdma_limit, hca_handles, "hcaHandles"),
	FIELD_U32_PTR(struct rdma_limit, hca_objects, "hcaObjects"),
};
static const struct table rdma_limit_table = TABLE(rdma_limit_fields);

static const struct field interface_priority_fields[] = {
	FIELD_STRING(struct interface_priority, name, "name",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_U32(struct interface_priority, priority, "priority", .flags = FIELD_REQUIRED),
};
static const struct table interface_priority_table = TABLE(interface_priority_fields);

static const struct field network_fields[] = {
	FIELD_U32_PTR(struct network, class_id, "classID"),
	FIELD_LIST(struct network, priorities, "priorities", interface_priority_table),
};
static const struct table network_table = TABLE(network_fields);

static const struct field resources_fields[] = {
	FIELD_LIST(struct resources, devices, "devices", device_rule_table, .flags = FIELD_HAS_FLAG,
		   .present = offsetof(struct resources, has_devices)),
	FIELD_OBJECT_PTR(struct resources, memory, "memory", memory_table),
	FIELD_OBJECT_PTR(struct resources, cpu, "cpu", cpu_table),
	FIELD_OBJECT(struct resources, pids_limit, "pids", pids_table),
	FIELD_OBJECT_PTR(struct resources, block_io, "blockIO", block_io_table),
	FIELD_LIST(struct resources, hugepage_limits, "hugepageLimits", hugepage_limit_table),
	FIELD_OBJECT_PTR(struct resources, network, "network", network_table),
	FIELD_MAP(struct resources, rdma, "rdma", rdma_limit_table),
	FIELD_STRING_MAP(struct resources, unified, "unified"),
};
const struct table resources_table = TABLE(resources_fields);

static const struct field intel_rdt_fields[] = {
	FIELD_STRING(struct intel_rdt, clos_id, "closID"),
	FIELD_STRINGS(struct intel_rdt, schemata, "schemata"),
	FIELD_STRING(struct intel_rdt, l3_cache_schema, "l3CacheSchema"),
	FIELD_STRING(struct intel_rdt, mem_bw_schema, "memBwSchema"),
	FIELD_BOOL_PTR(struct intel_rdt, enable_monitoring, "enableMonitoring"),
};
static const struct table intel_rdt_table = TABLE(intel_rdt_fields);

static const char *const policy_modes[] = {
	"MPOL_DEFAULT",	  "MPOL_BIND",		 "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",	    NULL};
static const char *const policy_flags[] = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
					   "MPOL_F_STATIC_NODES", NULL};

static const struct field memory_policy_fields[] = {
	FIELD_STRING(struct memory_policy, mode, "mode", .flags = FIELD_REQUIRED,
		     .values = policy_modes),
	FIELD_STRING(struct memory_policy, nodes, "nodes"),
	FIELD_STRINGS(struct memory_policy, flags, "flags", .values = policy_flags),
};
static const struct table memory_policy_table = TABLE(memory_policy_fields);

const char *const seccomp_actions[] = {"SCMP_ACT_KILL",	       "SCMP_ACT_KILL_PROCESS",
				       "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
				       "SCMP_ACT_ERRNO",       "SCMP_ACT_TRACE",
				       "SCMP_ACT_ALLOW",       "SCMP_ACT_LOG",
				       "SCMP_ACT_NOTIFY",      NULL};
const char *const seccomp_operators[] = {"SCMP_CMP_NE",	       "SCMP_CMP_LT", "SCMP_CMP_LE",
					 "SCMP_CMP_EQ",	       "SCMP_CMP_GE", "SCMP_CMP_GT",
					 "SCMP_CMP_MASKED_EQ", NULL};
const char *const seccomp_archs[] = {
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",	    "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",	   "SCMP_ARCH_MIPS64",	    "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",	    "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",	    "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",    "SCMP_ARCH_SH",	   "SCMP_ARCH_SHEB",	    NULL};
const char *const seccomp_flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};

static const struct field seccomp_arg_fields[] = {
	FIELD_U32(struct seccomp_arg, index, "index", .flags = FIELD_REQUIRED, .max = 5),
	FIELD_U64(struct seccomp_arg, value, "value", .flags = FIELD_REQUIRED),
	FIELD_U64_PTR(struct seccomp_arg, value_two, "valueTwo"),
	FIELD_STRING(struct seccomp_arg, op, "op", .flags = FIELD_REQUIRED,
		     .values = seccomp_operators),
};
const struct table seccomp_arg_table = TABLE(seccomp_arg_fields);

static const struct field seccomp_rule_fields[] = {
	FIELD_STRINGS(struct seccomp_rule, names, "names",
		      .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct seccomp_rule, action, "action", .flags = FIELD_REQUIRED,
		     .values = seccomp_actions),
	FIELD_U32_PTR(struct seccomp_rule, errno_ret, "errnoRet"),
	FIELD_LIST(struct seccomp_rule, args, "args", seccomp_arg_table),
};
static const struct table seccomp_rule_table = TABLE(seccomp_rule_fields);

static const struct field seccomp_fields[] = {
	FIELD_STRING(struct seccomp, default_action, "defaultAction", .flags = FIELD_REQUIRED,
		     .values = seccomp_actions),
	FIELD_U32_PTR(struct seccomp, default_errno_ret, "defaultErrnoRet"),
	FIELD_STRINGS(struct seccomp, architectures, "architectures", .values = seccomp_archs),
	FIELD_STRINGS_PTR(struct seccomp, flags, "flags", .values = seccomp_flag_names),
	FIELD_STRING(struct seccomp, listener_path, "listenerPath"),
	FIELD_STRING(struct seccomp, listener_metadata, "listenerMetadata"),
	FIELD_LIST(struct seccomp, syscalls, "syscalls", seccomp_rule_table),
};
static const struct table seccomp_table = TABLE(seccomp_fields);

static const char *const domains[] = {"LINUX", "LINUX32", NULL};

static const struct field personality_fields[] = {
	FIELD_STRING(struct personality, domain, "domain", .flags = FIELD_REQUIRED,
		     .values = domains),
	FIELD_STRINGS(struct personality, flags, "flags"),
};
static const struct table personality_table = TABLE(personality_fields);

/* The r-forms are not in the specification, but runc takes them and engines send them. */
static const char *const propagations[] = {"private",	 "shared",	"slave",
					   "unbindable", "rprivate",	"rshared",
					   "rslave",	 "runbindable", NULL};

static const struct field linux_fields[] = {
	FIELD_LIST(struct linux_config, uid_mappings, "uidMappings", id_mapping_table),
	FIELD_LIST(struct linux_config, gid_mappings, "gidMappings", id_mapping_table),
	FIELD_STRING_MAP(struct linux_config, sysctl, "sysctl"),
	FIELD_OBJECT_PTR(struct linux_config, resources, "resources", resources_table),
	FIELD_STRING(struct linux_config, cgroups_path, "cgroupsPath"),
	FIELD_LIST(struct linux_config, namespaces, "namespaces", namespace_table),
	FIELD_LIST(struct linux_config, devices, "devices", device_table),
	FIELD_MAP(struct linux_config, net_devices, "netDevices", net_device_table),
	FIELD_OBJECT_PTR(struct linux_config, seccomp, "seccomp", seccomp_table),
	FIELD_STRING(struct linux_config, rootfs_propagation, "rootfsPropagation",
		     .values = propagations),
	FIELD_STRINGS(struct linux_config, masked_paths, "maskedPaths", .flags = FIELD_ABSOLUTE),
	FIELD_STRINGS(struct linux_config, readonly_paths, "readonlyPaths",
		      .flags = FIELD_ABSOLUTE),
	FIELD_STRING(struct linux_config, mount_label, "mountLabel"),
	FIELD_OBJECT_PTR(struct linux_config, intel_rdt, "intelRdt", intel_rdt_table),
	FIELD_OBJECT_PTR(struct linux_config, memory_policy, "memoryPolicy", memory_policy_table),
	FIELD_OBJECT_PTR(struct linux_config, personality, "personality", personality_table),
	FIELD_OBJECT_PTR(struct linux_config, time_offsets, "timeOffsets", time_offsets_table),
};
const struct table linux_table = TABLE(linux_fields);
