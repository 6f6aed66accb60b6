#!/usr/bin/env bash
# Functions that hoy does not use: they overflow, run a shell, race or hide their errors.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

exec perl - "$@" <<'PERL'
use strict;
use warnings;

my %banned = (
	(map { $_ => 'no bound: text_add, memcpy or snprintf' }
		qw(strcpy strcat sprintf vsprintf gets stpcpy scanf fscanf)),
	(map { $_ => 'pads or cuts silently: text_add or memcpy' } qw(strncpy strncat)),
	(map { $_ => 'runs a shell' } qw(system popen)),
	(map { $_ => 'takes any text for a number: strtoull with its end and errno' }
		qw(atoi atol atoll atof)),
	(map { $_ => 'races: mkostemp or O_TMPFILE' } qw(mktemp tmpnam tempnam)),
	alloca => 'no bound on the stack',
	strtok => 'hidden state: strtok_r or strchr',
	vfork => 'one wrapper forks (base/process.h)',
);
my $names = join '|', sort keys %banned;
my ($bad, $seen) = (0, 0);

for my $file (glob('{base,spec,plan,init,cgroups,image,runtime,engine,cmd,helpers}/*.[ch]')) {
	$seen++;
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	my $text = <$in>;
	# Comments and strings go, their lines stay.
	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*")}{ (my $n = $1) =~ tr/\n//cd; $n }gse;
	my $line = 0;
	for (split /\n/, $text) {
		$line++;
		while (/(?<![\w.>])($names)\s*\(/g) {
			print "$file:$line: $1: $banned{$1}\n";
			$bad = 1;
		}
	}
}
die "no source file was found\n" unless $seen;
exit $bad;
PERL
