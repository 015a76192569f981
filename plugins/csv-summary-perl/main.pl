#!/usr/bin/perl
# Summarises a CSV table. Needs perl alone, no module; speaks the plugin protocol as lines of JSON (docs/protocol/).
use strict; use warnings; $| = 1;
my %escape = (n => "\n", t => "\t", r => "\r", b => "\b", f => "\f");
sub utf8 { utf8::encode(my $character = chr shift); return $character }
sub member {    # a text in the request $_: within a text quotes are escaped, so "key": is never found there
    my ($key, $text) = (shift, ''); pos = 0; return undef unless /"$key"\s*:\s*"/g;
    $text .= $1 while /\G([^"\\]+|\\.)/gc;
    my $pair = sub { utf8(0x10000 + (hex($_[0]) - 0xd800) * 1024 + hex($_[1]) - 0xdc00) };
    return $text =~ s{\\u(d[89ab]..)\\u(....)|\\u(....)|\\(.)}{defined $4 ? $escape{$4} // $4 : $3 ? utf8(hex $3) : $pair->($1, $2)}geri;
}
sub json {      # maps, lists and texts; numbers come as references
    my $value = shift; return $$value if ref $value eq 'SCALAR'; return '[' . join(',', map json($_), @$value) . ']' if ref $value eq 'ARRAY';
    return '{' . join(',', map json($_) . ':' . json($value->{$_}), sort keys %$value) . '}' if ref $value;
    utf8::decode(my $copy = $value) or utf8::encode($value);    # bytes that are no UTF-8 are read as Latin-1
    return '"' . $value =~ s/(["\\\x00-\x1f])/sprintf '\\u%04x', ord $1/ger . '"';
}
sub refuse { my ($code, $name, $message, %data) = @_; die { code => \$code, name => $name, message => $message, data => \%data } }
sub column { my ($c, $rows) = @_; my $n = $c->{count}; my $number = $n && $n == $c->{numbers};
    return { name => $c->{name}, type => $number ? 'number' : $n ? 'text' : 'empty', count => \$n, missing => \($rows - $n),
        $number ? (min => \$c->{min}, max => \$c->{max}, mean => \($c->{sum} / $n)) : () } }
sub summarise { my ($path, $text, $sep, $rows, $ragged, @columns) = (member('path'), member('text') // '', member('delimiter') // ',', 0, 0);
    open my $in, '<:raw', $path // \$text or refuse(5, 'FileNotReadable', "cannot read $path: $!", path => $path);
    while (defined(my $line = <$in>)) { my ($at, @row) = $.; $line =~ s/^\xef\xbb\xbf// if $at == 1;
        while ($line =~ tr/"// % 2) { $line .= <$in> // refuse(3, 'BadTable', "line $at: a quote is not closed", line => \$at) }
        $line =~ s/\r?\n\z//; next if $line eq '';
        do { my $field = $line =~ /\G([^"\Q$sep\E]+)/gc ? $1 : ''; if ($field eq '' && $line =~ /\G"/gc) { $field .= $1 while $line =~ /\G([^"]+|"")/gc; $field =~ s/""/"/g; $line =~ /\G"/gc }
            push @row, $field } while $line =~ /\G\Q$sep\E/gc;
        refuse(3, 'BadTable', "line $at: a quote in the middle of a field", line => \$at) if (pos($line) // 0) < length $line;
        if (@columns) { $rows++; $ragged++ if @row != @columns } else { @columns = map +{ name => $_, count => 0, numbers => 0 }, @row; next }
        for my $c (@columns) { my $field = shift(@row) // ''; $c->{count}++ if $field ne ''; next unless $field =~ /^\s*[-+]?(\d{1,99}\.?\d*|\.\d+)(e[-+]?\d\d?)?\s*$/i;
            my $n = 0 + $field; $c->{numbers}++; $c->{sum} += $n; $c->{min} = $n if $n <= ($c->{min} // $n); $c->{max} = $n if $n >= ($c->{max} // $n) } }
    return @columns ? { rows => \$rows, ragged => \$ragged, columns => [map column($_, $rows), @columns] } : refuse(3, 'BadTable', 'the table is empty', line => \1) }
print '{"jsonrpc":"2.0","method":"$/hello","params":{"protocol":[1,1],"name":"csv-summary-perl","version":"1.0.0","interfaces":{"TableSummary":"1.0"}}}', "\n";
while (<STDIN>) { my ($id) = /"id"\s*:\s*(\d+)/ or next; my $method = member('method') // '';
    my $result = eval { $method eq 'TableSummary.Summarise' ? summarise() : die { code => \-32601, message => "no method $method" } };
    print qq({"jsonrpc":"2.0","id":$id,), $result ? '"result":' . json($result) : '"error":' . json(ref $@ ? $@ : { code => \13, message => "$@" }), "}\n" }
