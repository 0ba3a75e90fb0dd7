// SPDX-License-Identifier: MIT
// Key material must not outlive its use: a local copy is wiped with
// memzero_explicit() on every path out of its scope, one on the heap is freed
// with kfree_sensitive(), and it is never copied by assignment, which leaves a
// copy that nobody looks after.


// Filled by a call, then left behind by a return.
@leaves exists@
local idexpression {struct tlsbind_key_material, struct tlsbind_commit_input, union tls_crypto_context} k;
identifier fill != memzero_explicit;
position out;
@@
 fill(..., &k, ...)
 ... when != memzero_explicit(&k, sizeof(k))
 return@out ...;

@script:python@
k << leaves.k;
out << leaves.out;
@@
coccilib.report.print_report(out[0], "returns with key material in '%s': memzero_explicit() first" % k)

// The end of a function without return.
@ends exists@
local idexpression {struct tlsbind_key_material, struct tlsbind_commit_input, union tls_crypto_context} k;
identifier f, fill != memzero_explicit;
position out;
@@
 f(...)
 {
 ... when any
 fill(..., &k, ...)
 ... when != memzero_explicit(&k, sizeof(k))
     when != return ...;
 }@out

@script:python@
k << ends.k;
out << ends.out;
@@
coccilib.report.print_report(out[0], "ends with key material in '%s': memzero_explicit() first" % k)

// An array that is named like one.
@array exists@
typedef u8;
identifier k =~ ".*\(key\|secret\)$";
identifier fill != memzero_explicit;
expression E;
position out;
@@
 u8 k[E];
 ...
 fill(..., k, ...)
 ... when != memzero_explicit(k, sizeof(k))
 return@out ...;

@script:python@
k << array.k;
out << array.out;
@@
coccilib.report.print_report(out[0], "returns with key material in '%s': memzero_explicit() first" % k)

// On the heap.
@heap@
struct tlsbind_key_material *material;
union tls_crypto_context *context;
struct tlsbind_sock *ts;
position out;
@@
(
 kfree@out(material)
|
 kvfree@out(material)
|
 kfree@out(context)
|
 kvfree@out(context)
|
 kfree@out(ts)
)

@script:python@
out << heap.out;
@@
coccilib.report.print_report(out[0], "frees key material unwiped: kfree_sensitive()")

// Copied by assignment.
@assigned@
struct tlsbind_key_material material;
union tls_crypto_context context;
expression E;
position out;
@@
(
 material =@out E
|
 context =@out E
)

@script:python@
out << assigned.out;
@@
coccilib.report.print_report(out[0], "copies key material by assignment")
