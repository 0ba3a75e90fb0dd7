/* SPDX-License-Identifier: MIT */
/* Macros of system headers that cppcheck, which does not read those, must know. */
#define json_array_foreach(array, index, value) \
	for ((index) = 0; ((value) = json_array_get((array), (index))); (index)++)
