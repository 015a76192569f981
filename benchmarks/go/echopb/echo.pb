
õ

echo.protoecho.v1"!
TextMessage
text (	Rtext"!
BlobMessage
data (Rdata2n
Echo2
Text.echo.v1.TextMessage.echo.v1.TextMessage2
Blob.echo.v1.BlobMessage.echo.v1.BlobMessageB Zpolyhost.dev/benchmarks/echopbbproto3