/* Each role runs with the arguments of the command line; a role that has told its figure returns. */
#ifndef ROLES_H
#define ROLES_H

/* streams.c */
void push_pull_receiver(void);
void push_pull_sender(void);
void pub_sub_receiver(void);
void pub_sub_sender(void);
void inproc_both(void);
void full_mark_receiver(void);
void full_mark_sender(void);
void subscriptions_receiver(void);
void subscriptions_sender(void);

/* curve.c */
void curve_receiver(void);
void curve_sender(void);
void curve_bad_hello_server(void);

/* requests.c */
void echo_server(void);
void echo_client(void);
void round_trip_server(void);
void round_trip_client(void);

/* crowds.c */
void fan_out_sender(void);
void fan_out_receiver(void);
void peers_server(void);
void peers_client(void);
void connect_rate_server(void);
void connect_rate_client(void);

#endif
