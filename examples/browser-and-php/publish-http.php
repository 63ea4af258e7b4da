<?php
// The same through a gateway, with nothing but PHP itself; without Redis, too.

$message = ['channel' => 'channel', 'message' => 'data from PHP over HTTP'];
$request = [
    'method' => 'POST',
    'header' => 'Content-Type: application/json',
    'content' => json_encode($message),
];
$url = $argv[1] ?? 'http://127.0.0.1:1234';
echo file_get_contents("$url/message", false, stream_context_create(['http' => $request])), "\n";
