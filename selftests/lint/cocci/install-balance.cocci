// SPDX-License-Identifier: MIT
// While a key is being installed nothing is said about the socket's keys. A way
// out past tlsbind_install_end() would silence the socket for ever.

@leak exists@
position out;
@@
 tlsbind_install_begin(...)
 ... when != tlsbind_install_end(...)
 return@out ...;

@script:python@
out << leak.out;
@@
coccilib.report.print_report(out[0], "returns between tlsbind_install_begin() and _end()")

@end exists@
identifier f;
position out;
@@
 f(...)
 {
 ... when any
 tlsbind_install_begin(...)
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
