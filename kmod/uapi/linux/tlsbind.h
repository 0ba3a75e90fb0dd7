/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * tlsbind: attestation of kernel TLS keys. The one copy of the user ABI and of
 * the wire format of protocol version 1; Documentation/protocol.rst explains it.
 *
 * Two kinds of structure are declared here. Socket option structures are in
 * host byte order. Wire structures (&struct tlsbind_claims, &struct
 * tlsbind_tag, the evidence TLVs) are what hardware signs and relying parties
 * hash: every integer in them is big-endian.
 */
#ifndef _UAPI_LINUX_TLSBIND_H
#define _UAPI_LINUX_TLSBIND_H

#include <linux/types.h>

#define TLSBIND_PROTOCOL_VERSION	1

/* Sizes in bytes. */
#define TLSBIND_NONCE_SIZE		32
#define TLSBIND_APP_DATA_SIZE		64
#define TLSBIND_HASH_SIZE		48	/* SHA-384 */
#define TLSBIND_COMMITMENT_SIZE		48	/* HMAC-SHA-384 */
#define TLSBIND_CONNECTION_ID_SIZE	16
#define TLSBIND_BOOT_NONCE_SIZE		32
#define TLSBIND_TAG_SIZE		16
#define TLSBIND_REPORT_DATA_SIZE	64
#define TLSBIND_EXE_DIGEST_SIZE		64
#define TLSBIND_IV_SIZE			12	/* static IV, RFC 8446 section 5.3 */
#define TLSBIND_KEY_SIZE_MAX		32

/* One report answers at most this many challenges. */
#define TLSBIND_TREE_SIZE_MAX		1024
#define TLSBIND_PATH_MAX		10	/* log2 of the above */

/* Labels of the hashes; the terminating zero byte is part of each. */
#define TLSBIND_LABEL_KEY		"tlsbind/1 key"
#define TLSBIND_LABEL_CONNECTION	"tlsbind/1 connection"
#define TLSBIND_LABEL_REPORT		"tlsbind/1 report"
#define TLSBIND_LABEL_POLICY		"tlsbind/1 policy"
#define TLSBIND_PREFIX_LEAF		0x00
#define TLSBIND_PREFIX_NODE		0x01

/* Direction of a key, seen from the attester. */
#define TLSBIND_DIRECTION_TX		1
#define TLSBIND_DIRECTION_RX		2

/*
 * Flags of a connection, in &struct tlsbind_claims (big-endian) and in &struct
 * tlsbind_info (host byte order). A relying party refuses every flag that it
 * did not decide to accept, unknown ones included.
 */
#define TLSBIND_F_ONE_DIRECTION		(1U << 0)  /* one direction is not in the kernel */
#define TLSBIND_F_NIC			(1U << 1)  /* a key was handed to a network card */
#define TLSBIND_F_DOORS_OPEN		(1U << 2)  /* user space can have our tag signed */
#define TLSBIND_F_LOCKED		(1U << 3)  /* policy is locked until reboot */
#define TLSBIND_F_NO_EXPORT		(1U << 4)  /* reading keys back is refused */
#define TLSBIND_F_GATED			(1U << 5)  /* held until a verdict */
#define TLSBIND_F_KEY_SHARED		(1U << 6)  /* another socket holds the same key */
#define TLSBIND_F_POLICY_CHANGED	(1U << 7)  /* a key was installed under other rules */

/* Kinds of executable digest. */
#define TLSBIND_EXE_NONE		0
#define TLSBIND_EXE_FSVERITY		1
#define TLSBIND_EXE_IMA			2

/**
 * struct tlsbind_rule_wire - one rule, as the policy digest covers it (wire, 144 bytes)
 * @action: enum tlsbind_action
 * @rekey: enum tlsbind_rekey
 * @local_prefix: bits of @local that count, 0 to 128; an IPv4 prefix is 96 more
 * @remote_prefix: likewise of @remote
 * @options: enum tlsbind_option
 * @local: address of this end, IPv4 as IPv4-mapped; bits beyond the prefix zero
 * @remote: address of the other end
 * @local_port_min: 0 if any
 * @local_port_max: 65535 if any
 * @remote_port_min: 0 if any
 * @remote_port_max: 65535 if any
 * @uid_min: 0 if any
 * @uid_max: 0xffffffff if any
 * @cgroup: id, 0 if any
 * @rate: challenges per second, 0 without a limit
 * @exe_kind: TLSBIND_EXE_*; 0 if any
 * @exe_len: bytes used in @exe_digest
 * @policy: number of the judge's appraisal policy, 0 if none was given
 * @exe_digest: zero padded
 * @lease: seconds that an admission is good for, 0 without end
 * @reserved: zero
 *
 * The digest of rules is SHA-384 of TLSBIND_LABEL_POLICY with its zero byte,
 * the number of rules as a big-endian u32, and each rule in this form, in
 * their order. It is zero if there are no rules.
 */
struct tlsbind_rule_wire {
	__u8	action;
	__u8	rekey;
	__u8	local_prefix;
	__u8	remote_prefix;
	__be32	options;
	__u8	local[16];
	__u8	remote[16];
	__be16	local_port_min;
	__be16	local_port_max;
	__be16	remote_port_min;
	__be16	remote_port_max;
	__be32	uid_min;
	__be32	uid_max;
	__be64	cgroup;
	__be32	rate;
	__u8	exe_kind;
	__u8	exe_len;
	__be16	policy;
	__u8	exe_digest[TLSBIND_EXE_DIGEST_SIZE];
	__be32	lease;
	__be32	reserved;
};

#define TLSBIND_RULE_SIZE		144

/**
 * struct tlsbind_claims - what is said about one connection (wire, 376 bytes)
 * @version: TLSBIND_PROTOCOL_VERSION
 * @tls_version: 0x0304
 * @cipher_suite: IANA TLS 1.3 code point
 * @reserved: zero
 * @flags: TLSBIND_F_*
 * @uid: user id, in the initial user namespace, of the task that installed
 *	the current tx key (rx key if there is no tx key)
 * @tx_generation: 0 for the first key, one more for each rekey; 0 also where
 *	the direction is missing
 * @rx_generation: likewise
 * @cgroup_id: cgroup v2 id of that task
 * @netns: inode number of that task's network namespace
 * @installed_ns: when that key was installed, nanoseconds since boot
 * @evidence_ns: when these claims were made, nanoseconds since boot
 * @rule: handle of the rule that allowed it
 * @nonce: the relying party's nonce
 * @tx_commitment: commitment to the key the attester sends with, or zero
 * @rx_commitment: commitment to the key the attester receives with, or zero
 * @policy_digest: of the rules at that time, see &struct tlsbind_rule_wire
 * @exe_digest_kind: TLSBIND_EXE_*
 * @exe_digest_len: bytes used in @exe_digest
 * @reserved2: zero
 * @exe_digest: digest of that task's executable, zero padded
 * @app_data: bytes from the application; its word, not the kernel's
 */
struct tlsbind_claims {
	__be16	version;
	__be16	tls_version;
	__be16	cipher_suite;
	__be16	reserved;
	__be32	flags;
	__be32	uid;
	__be32	tx_generation;
	__be32	rx_generation;
	__be64	cgroup_id;
	__be64	netns;
	__be64	installed_ns;
	__be64	evidence_ns;
	__be64	rule;
	__u8	nonce[TLSBIND_NONCE_SIZE];
	__u8	tx_commitment[TLSBIND_COMMITMENT_SIZE];
	__u8	rx_commitment[TLSBIND_COMMITMENT_SIZE];
	__u8	policy_digest[TLSBIND_HASH_SIZE];
	__u8	exe_digest_kind;
	__u8	exe_digest_len;
	__u8	reserved2[6];
	__u8	exe_digest[TLSBIND_EXE_DIGEST_SIZE];
	__u8	app_data[TLSBIND_APP_DATA_SIZE];
};

#define TLSBIND_CLAIMS_SIZE		376

/* Kinds of REPORT_DATA, &struct tlsbind_tag. */
#define TLSBIND_KIND_TREE		1

#define TLSBIND_TAG_MAGIC		"TLSBIND"	/* with its zero byte: 8 bytes */

/**
 * struct tlsbind_tag - clear beginning of every REPORT_DATA of ours (wire)
 * @magic: TLSBIND_TAG_MAGIC
 * @version: TLSBIND_PROTOCOL_VERSION
 * @kind: TLSBIND_KIND_*
 * @flags: zero in version 1
 * @reserved: zero
 */
struct tlsbind_tag {
	__u8	magic[8];
	__u8	version;
	__u8	kind;
	__be16	flags;
	__be32	reserved;
};

/*
 * Evidence is a sequence of TLVs: type (u16), length (u32), value. Each type
 * appears exactly once, in ascending order; only TLSBIND_TLV_AUX may be absent.
 */
enum tlsbind_tlv {
	TLSBIND_TLV_CLAIMS	= 1,	/* struct tlsbind_claims */
	TLSBIND_TLV_LEAF_INDEX	= 2,	/* u32, from 0 */
	TLSBIND_TLV_TREE_SIZE	= 3,	/* u32, from 1 */
	TLSBIND_TLV_PATH	= 4,	/* 48 bytes for each node, leaf's sibling first */
	TLSBIND_TLV_BOOT_NONCE	= 5,	/* 32 bytes */
	TLSBIND_TLV_PROVIDER	= 6,	/* configfs-tsm provider name, no newline, no zero */
	TLSBIND_TLV_REPORT	= 7,	/* outblob: SNP report, TDX quote, CCA token */
	TLSBIND_TLV_AUX		= 8,	/* auxblob: SNP certificate table */
};

#define TLSBIND_TLV_HEADER_SIZE		6

/* Socket options, level SOL_TLS. Documentation/sockopt.rst lists their errors. */
#define TLSBIND_CHALLENGE		0x746201	/* set, struct tlsbind_challenge */
#define TLSBIND_EVIDENCE		0x746202	/* get, bytes */
#define TLSBIND_EVENTFD			0x746203	/* set, __s32 */
#define TLSBIND_INFO			0x746204	/* get, struct tlsbind_info */
#define TLSBIND_PEER			0x746205	/* get, struct tlsbind_peer */

/**
 * struct tlsbind_challenge - ask for evidence about this connection
 * @flags: zero
 * @reserved: zero
 * @nonce: the relying party's nonce, used once
 * @app_data: signed as claimed by the application; zero if unused
 */
struct tlsbind_challenge {
	__u32	flags;
	__u32	reserved;
	__u8	nonce[TLSBIND_NONCE_SIZE];
	__u8	app_data[TLSBIND_APP_DATA_SIZE];
};

/**
 * struct tlsbind_info - what the kernel knows about this connection
 * @connection_id: its name at both ends; zero until both directions have a key
 * @flags: TLSBIND_F_*
 * @tx_generation: 0 for the first key, one more for each rekey
 * @rx_generation: likewise
 * @tls_version: 0x0303 or 0x0304
 * @cipher_suite: IANA TLS 1.3 code point; 0 for TLS 1.2
 */
struct tlsbind_info {
	__u8	connection_id[TLSBIND_CONNECTION_ID_SIZE];
	__u32	flags;
	__u32	tx_generation;
	__u32	rx_generation;
	__u16	tls_version;
	__u16	cipher_suite;
};

/**
 * struct tlsbind_peer - what the peer's evidence must say (for relying parties)
 * @connection_id: as the peer computes it
 * @tx_commitment: of the key that the peer sends with (our receiving key)
 * @rx_commitment: of the key that the peer receives with (our sending key)
 * @tx_generation: of the peer's sending key
 * @rx_generation: of the peer's receiving key
 */
struct tlsbind_peer {
	__u8	connection_id[TLSBIND_CONNECTION_ID_SIZE];
	__u8	tx_commitment[TLSBIND_COMMITMENT_SIZE];
	__u8	rx_commitment[TLSBIND_COMMITMENT_SIZE];
	__u32	tx_generation;
	__u32	rx_generation;
};

#endif /* _UAPI_LINUX_TLSBIND_H */
