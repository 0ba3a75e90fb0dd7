// SPDX-License-Identifier: MIT
// While a key is being installed nothing is said about the socket's keys. A way
// out past tlsbind_install_end() would silence the socket for ever. After an error
// of tlsbind_install_begin() there is nothing to end: what is between the two is a
// block that begins with if (!ret).

@begin@
expression ret;
position p;
@@
 ret = tlsbind_install_begin@p(...);
 if (!ret) { ... }

@unasked@
position p != begin.p;
@@
 tlsbind_install_begin@p(...)

@script:python@
p << unasked.p;
@@
coccilib.report.print_report(p[0], "no if (!ret) after tlsbind_install_begin()")

@leak exists@
expression ret;
position out;
@@
 ret = tlsbind_install_begin(...);
 if (!ret) {
 ... when != tlsbind_install_end(...)
 return@out ...;
 ... when any
 }

@script:python@
out << leak.out;
@@
coccilib.report.print_report(out[0], "returns between tlsbind_install_begin() and _end()")

@end exists@
expression ret;
position out;
@@
 ret = tlsbind_install_begin(...);
 if (!ret) {
 ... when != tlsbind_install_end(...)
     when != return ...;
 }@out

@script:python@
out << end.out;
@@
coccilib.report.print_report(out[0], "ends between tlsbind_install_begin() and _end()")

// The call of kTLS lies between, not outside.
@outside exists@
position out;
@@
 tlsbind_install_end(...)
 ... when != tlsbind_install_begin(...)
 tlsbind_original_setsockopt@out(...)

@script:python@
out << outside.out;
@@
coccilib.report.print_report(out[0], "kTLS is given a key outside of tlsbind_install_begin() and _end()")
