// The published OpenID provider on a port of loopback that is free; it prints its issuer.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2]);
const { default: Provider } = await import(require.resolve("oidc-provider"));
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "ccm-console",
        client_secret: process.env.CCM_SIGN_IN_SECRET,
        redirect_uris: ["http://127.0.0.1:8480/sign-in/callback"],
      },
    ],
    claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `Name of ${id}`, groups: [`group-of-${id}`] }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
