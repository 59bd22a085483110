"""A HEIC picture with the words "TOTAL 1250".

Drawn with Pillow and encoded once, as bytes: the encoders there are are GPL and no dependency of the tests.
"""

import base64
import zlib

HEIC_PICTURE = zlib.decompress(
    base64.b85decode(
        "c-muNV30{GsVvAy&8%Pmg51nBLl8SRGck>UfzdxVwIq=N0u(b+a*CjAhJwuG5(YG&l$n#C3}U!AFfalk5HJ=)Xa)wRzd%AcGczv@"
        "%ms;x0y(KnP+mq^vLT4cSCCnf3s-VJv!JK|NN>n2NX`e+#Xx1wj4T{L=KLQZMRFe){`~m?Wb!j70Ck8vF!C_|{|{2Y3|7GmRI-c7"
        "ArUC2?!?H5DsezV!7+8$B(Ln*OdtUx5Wysn1XRoJ!g#P~gOUT#2I1uVoT9wsoC=^YF9TZxP)H=RxF8kcEk=+M2Z*~XGQlDs$BAba"
        "<if%Y7!)jxOw24m(^+#<5`n?S^izXzo!Eht{r~@!KNp=dXTgfw|L#VuV{0o2y>7kxTDh%f!<w%jG(%0&^)HuO%RinSW&6P9it48y"
        "e&xk){!Ze3^|^Vg_ge3GtzTwl7HlfZV$=JBAD!9kS2pV!x1tQo@<T26i&D2U{CcaBp_Wk+c5U;^9SxtacJE!tf9`Srug4tbzx#K+"
        "iJCiSgPX}Krts2r5*e3H2;SNCrS?|W8Xb{7$wdL(mzsXfDQP`@ah=<$B>oWLl3ThJ$HH{PKD>J}vv9_Zxz;m0jsCm)$s}Ce+FI2)"
        "f0uiA>fhj;G^6!X@1Jyto3z`l^pC#Zo10nt6T?<*b^7GHDN}#S%uB2FcQP&dej_!Kwc~#N@11{p+CSg*yLWfOo7pKxnLi!%)_ibu"
        "W7{W*uL-YDGWsj?F^g`z-Wp-WD)-tqN{RWy;{FpoXJn6;l?EL<$HCMo5W+KuvD(k&<20cKye9oVR}W9Q`=Qb3@V9H`w%3+qYA5f|"
        "-L+h-xZXoo`N(pq<oDGtEPwr!`e`!h#?5!H3a87+{@Q3!YtWi5=CnL%QEFX8kxO*?kNfYLq*%*ae|UWknb$15xGSQov#LS4?+z>T"
        "AzAbNW`cFyJb(YT_+MCD$aE$8<{zUH&P_rM*59-_tfwuuy_&w?+oX1$w0^RDLWb_;80FO>h1m@gRk{}}&c7WzQ?D}M?rX00J%SEJ"
        "mR-$rt51AtSu$DODDPOd?4K>JP35)yAJ;Xm<M<R2^_SzTM12IOu%P!rc_yDT=Ty?C?X9T1aP>+0g2mPw>W)iz>|FZ)S_F@CcR**v"
        "+ZQ^QCpq{RPPGuUUHSUvJk^O4{Qhcc3e0`1w5#eL^8~hSO>dt4j?W6av#HY0XMMd-#W{_wo*OmxGjx4<DQ_@O=yyu>$IX-fINf^C"
        "|Npbg|8T{u=SLm3+`6S@AaH!s-L$#V-V=45()l+(Smw4*NTur24-w->8>KJJx)W7#afA2zr!1>1lw0}^{dl%;Y8lIh&VxE@?mUkR"
        "6uOeCB%pqC-;D^tGL>nk|Nb+rsOz5?0RSW}#j5"
    )
)
