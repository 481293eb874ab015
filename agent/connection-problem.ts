/** Words of OpenSSL and Node for a certificate that cannot be trusted. */
const UNTRUSTED =
  /self-signed certificate|unable to (verify the first|get (local )?issuer) certificate|certificate signature failure/i;
const WRONG_NAME = /Hostname\/IP does not match|altnames/i;
const OVER = /certificate (has expired|is not yet valid)/i;
const NO_TLS_THERE = /wrong version number|packet length too long|SSL alert number|EPROTO/i;
const CLIENT_CERTIFICATE = /certificate required|alert bad certificate/i;
const CUT =
  /ECONNRESET|Failed to connect|Connection dropped|socket hang up|Protocol error|closed|GOAWAY|disconnected/i;

/** Why a connection failed, with what to do about it where TLS is the likely reason. `tls`: this side speaks it. */
export function connectionProblem(message: string, tls: boolean): string {
  const hint = hintOf(message, tls);
  return hint === undefined ? message : `${message} (${hint})`;
}

function hintOf(message: string, tls: boolean): string | undefined {
  if (!tls) return CUT.test(message) ? 'if the coordinator speaks TLS, give --ca with its CA' : undefined;
  if (CLIENT_CERTIFICATE.test(message))
    return 'the coordinator asks for a certificate of this agent: give --cert and --key';
  if (UNTRUSTED.test(message))
    return "the coordinator's certificate is not of the CA that --ca names: give the grid's own ca.pem";
  if (WRONG_NAME.test(message))
    return "the coordinator's certificate is for other names: make one for this one with `clipgrid certs`";
  if (OVER.test(message)) return 'make a new certificate with `clipgrid certs`, or set the clock right';
  if (NO_TLS_THERE.test(message))
    return 'the coordinator does not speak TLS on this port: start it with CLIPGRID_TLS_CERT';
  return undefined;
}
