/** One of a user's devices: `node listen.js ws://127.0.0.1:1234 TOKEN` prints what comes for this user. */
const [url, token] = process.argv.slice(2);
const socket = new WebSocket(`${url}?token=${token}`);
socket.addEventListener("open", () => console.log("connected"));
socket.addEventListener("message", ({ data }) => console.log(data));
socket.addEventListener("close", ({ code, reason }) => console.log(`closed: ${code} ${reason}`));
