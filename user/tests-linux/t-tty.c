/* The terminal on standard input, if it is one. */
#include "test.h"
#include <sys/ioctl.h>
#include <termios.h>

int main(void)
{
    struct termios old, raw, now;
    struct winsize size = {0};
    if (!isatty(0)) {
        printf("skip: standard input is no terminal\n");
        return 0;
    }
    CHECK("settings", tcgetattr(0, &old) == 0 && (old.c_lflag & ICANON) && (old.c_lflag & ECHO) && (old.c_oflag & OPOST));
    CHECK("interrupt character", old.c_cc[VINTR] == 3 && old.c_cc[VEOF] == 4);
    raw = old;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 1;
    CHECK("raw mode", tcsetattr(0, TCSANOW, &raw) == 0 && tcgetattr(0, &now) == 0 && !(now.c_lflag & (ICANON | ECHO | ISIG)) && now.c_cc[VTIME] == 1);
    CHECK("and back", tcsetattr(0, TCSADRAIN, &old) == 0 && tcgetattr(0, &now) == 0 && now.c_lflag == old.c_lflag);
    CHECK("window size", ioctl(0, TIOCGWINSZ, &size) == 0);
    CHECK("foreground group", tcgetpgrp(0) == getpgrp());
    CHECK("session", tcgetsid(0) == getsid(0));
    CHECK("stat", isatty(1));
    CHECK("a pipe is none", EXITED(IN_CHILD(int fds[2]; pipe(fds); isatty(fds[0])), 0));
    CHECK("background write of a foreign group is refused quietly", EXITED(IN_CHILD(setpgid(0, 0); signal(SIGTTOU, SIG_IGN); tcsetpgrp(0, getpgrp()) == 0 ? 0 : 1), 0));
    signal(SIGTTOU, SIG_IGN);
    CHECK("take the terminal back", tcsetpgrp(0, getpgrp()) == 0);
    return failures != 0;
}
