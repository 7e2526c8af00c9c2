#!/bin/sh
ipset -exist create bad hash:ip
ipset flush bad
ipset -exist add bad 198.51.100.7
/usr/sbin/ipset add bad 198.51.100.8 -exist
