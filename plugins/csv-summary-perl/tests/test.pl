#!/usr/bin/perl
# Runs main.pl as a program and compares its answers; prints TAP, exits with 1 when a test fails.
use strict;
use warnings;
use File::Basename qw(dirname);
use IPC::Open2;

my $many = 200_000;    # more than Perl's regular expressions take repetitions of a group
my @tests = (
    ['$/ping', '{}', qr/"code":-32601/, 'an unknown request is answered as unknown'],
    ['TableSummary.Summarise', '{"text":"n\n1\n2\n6\n"}', qr/"max":6,"mean":3,"min":1/, 'numbers have bounds and a mean'],
    ['TableSummary.Summarise', '{"text":"a,\"b \"\"c\"\", d\"\n1,2\n"}', qr/"name":"b \\u0022c\\u0022, d"/, 'a quoted name is unquoted'],
    ['TableSummary.Summarise', '{"text":"\u00fc\ud83d\ude00\/\\\\\n"}', qr/"name":"\xc3\xbc\xf0\x9f\x98\x80\/\\u005c"/, 'escapes of JSON are read and written'],
    ['TableSummary.Summarise', '{"text":"\ufeffa\n1\n"}', qr/"name":"a"/, 'a byte order mark is no part of a name'],
    ['TableSummary.Summarise', '{"text":"a\r\n1\r\n\r\n2\r\n"}', qr/"rows":2/, 'CRLF ends lines, blank lines are no rows'],
    ['TableSummary.Summarise', '{"text":"a\n' . '1\n' x $many . '"}', qr/"rows":$many/, 'a long text is read as a whole'],
    ['TableSummary.Summarise', '{"text":"a\n\"' . 'x\"\"' x $many . '\"\n"}', qr/"rows":1/, 'so is a field with many quotes'],
    ['TableSummary.Summarise', '{"text":"a\n1\"2\"\n"}', qr/"line":2.*"name":"BadTable"/, 'a quote within a field is refused, with its line'],
    ['TableSummary.Summarise', '{"text":""}', qr/"name":"BadTable"/, 'an empty table is refused'],
    ['TableSummary.Summarise', '{"path":"/no/such/file"}', qr/"code":5.*"name":"FileNotReadable"/, 'a missing file is named'],
);

my $pid = open2(my $out, my $in, $^X, dirname(__FILE__) . '/../main.pl');
my ($failed, $number) = (0, 0);
my $check = sub {
    my ($good, $name, $line) = @_;
    $number++;
    print(($good ? 'ok' : 'not ok'), " $number - $name\n");
    return if $good;
    $failed = 1;
    print '# got ', substr($line, 0, 300), "\n";
};

my $hello = <$out>;
$check->($hello =~ /"method":"\$\/hello".*"TableSummary":"1.0"/, 'it says hello first', $hello);
for my $test (@tests) {
    my ($method, $params, $expected, $name) = @$test;
    print $in qq({"jsonrpc":"2.0","id":7,"method":"$method","params":$params}\n);
    $in->flush;
    my $line = <$out> // '';
    $check->($line =~ /^\{"jsonrpc":"2.0","id":7,/ && $line =~ $expected, $name, $line);
}
close $in;
waitpid $pid, 0;
$check->($? == 0, 'the end of its input ends it', $?);
print "1..$number\n";
exit $failed;
