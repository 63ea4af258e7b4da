<?php
// Pushes to all browsers through Redis, and prints how many gateways took it. Needs the extension "redis".

$redis = new Redis();
$redis->connect(getenv('REDIS_HOST') ?: '127.0.0.1', (int) (getenv('REDIS_PORT') ?: 6379));
echo $redis->publish('channel', 'data from PHP'), "\n";
