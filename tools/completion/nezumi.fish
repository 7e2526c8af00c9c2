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

complete -c nezumi -n __fish_use_subcommand -f -a '(__nezumi_commands)'
complete -c nezumi -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__nezumi_options)'
