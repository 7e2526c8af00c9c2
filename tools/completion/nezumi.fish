# SPDX-License-Identifier: Apache-2.0
# Completion for fish. Commands and options are taken from the program's own help.

function __nezumi_commands
	nezumi --help 2>/dev/null | string replace -rf '^  ([a-z]+)  +(.*)$' '$1\t$2'
end

function __nezumi_options
	set -l tokens (commandline -opc)
	test (count $tokens) -ge 2; or return
	nezumi $tokens[2] --help 2>/dev/null |
		string replace -rf '^ +(?:-., )?(--[a-z-]+)(?:\[=\S*)?(?: [A-Z=]+)? *(.*)$' '$1\t$2'
end

# The verbs of feed and override; behind a verb of feed the names of feeds.
function __nezumi_words
	set -l tokens (commandline -opc)
	if test (count $tokens) -eq 2
		nezumi $tokens[2] --help 2>/dev/null | head -n 1 |
			string replace -rf '^nezumi [a-z]+ ([a-z]+\|[a-z|]+).*$' '$1' | string split '|'
	else if test (count $tokens) -gt 2; and test $tokens[2] = feed
		nezumi feed list --catalogue --json 2>/dev/null |
			string replace -rf '^\{"name":"([A-Za-z0-9._-]*)".*$' '$1'
	end
end

complete -c nezumi -n __fish_use_subcommand -f -a '(__nezumi_commands)'
complete -c nezumi -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__nezumi_options)'
complete -c nezumi -n 'not string match -q -- "-*" (commandline -ct)' -a '(__nezumi_words)'
