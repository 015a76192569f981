module polyhost.dev/plugins/kv-go-stdio

go 1.21
