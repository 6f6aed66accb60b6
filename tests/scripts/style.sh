#!/usr/bin/env bash
# What can be said of the sources without taste: a licence line first, tabs, short lines, no
# blanks at the end of a line, include guards named after the path, no promises of later work.
# (clang-format knows the rest, but it can't be the judge: it takes tables and macros apart.)
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

exec perl -CSD - <<'PERL'
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

my ($bad, $seen) = (0, 0);

sub complain {
	print "@_\n";
	$bad = 1;
}

for my $file (glob('{base,spec,plan,init,cgroups,image,runtime,engine,cmd,helpers,bench,tests/unit,tests/fuzz}/*.[chS]')) {
	$seen++;
	open my $in, '<', $file or die "$file: $!\n";
	my @lines = <$in>;
	$lines[0] =~ /SPDX-License-Identifier: Apache-2\.0/
		or complain("$file:1: the licence line is missing");
	$lines[-1] =~ /\n\z/ or complain("$file: the last line has no end");
	my $n = 0;
	for my $line (@lines) {
		$n++;
		my $text = $line =~ s/\n\z//r;
		$text =~ /\s\z/ and complain("$file:$n: blanks at the end of the line");
		$text =~ /^\t* {8}/ and complain("$file:$n: indented with blanks");
		$text =~ /\b(?:TODO|FIXME|XXX)\b/ and complain("$file:$n: a promise of later work: $&");
		1 while $text =~ s/\t/' ' x (8 - $-[0] % 8)/e;
		# The aim is a hundred; a word may stand out.
		length $text <= 110 or complain("$file:$n: ", length $text, " columns");
	}
	if ($file =~ /\.h\z/) {
		my $guard = uc "HOY_$file" =~ s{^HOY_tests/unit/}{HOY_TEST_}r =~ s/\W/_/gr;
		grep({ /^#ifndef \Q$guard\E$/ } @lines) or complain("$file: no include guard $guard");
	}
}
die "no source file was found\n" unless $seen;
exit $bad;
PERL
